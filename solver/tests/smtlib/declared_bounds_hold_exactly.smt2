; y is a little more than the arcsine of the bound of x: a solution up to delta, in which x keeps its declared bounds exactly
(set-option :produce-models true)
(declare-const x Real [0, 0.33333333333333329])
(declare-const y Real [0.33983690945412189114, 1])
(assert (= x (sin y)))
(check-sat)
(get-value ((<= 0 x 0.33333333333333329) x))
