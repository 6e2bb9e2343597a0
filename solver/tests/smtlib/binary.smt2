; Binary is an integer, 0 or 1
(declare-const b Binary)
(declare-const c Binary)
(assert (= (+ b (* 2 c)) 2))
(check-sat)
(get-value (b c))
(assert (>= b 0.5))
(check-sat)
