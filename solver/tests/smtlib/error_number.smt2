(assert (= 12x 1))
