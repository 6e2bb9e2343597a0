(define-fun f ((x Real) (b Bool)) Real (ite b x 0))
(assert (> (f 1 2) 0))
