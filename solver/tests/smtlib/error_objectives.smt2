(declare-const x Real [0, 1])
(minimize x)
(minimize (- x))
(check-sat)
