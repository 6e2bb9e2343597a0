(declare-const x Real)
(assert (let ((y x)) (! (> y 0) :named a)))
