; no double squares to within δ of this, but the sign changes between two of them
(set-option :produce-models true)
(declare-const y Real)
(assert (<= 0 y))
(assert (= (* y y) 100000000000003.0))
(check-sat)
(get-value ((= (* y y) 100000000000003.0) (< y 10000001)))
