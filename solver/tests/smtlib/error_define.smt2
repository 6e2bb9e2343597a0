(define-fun f ((x Real)) Real (> x 0))
