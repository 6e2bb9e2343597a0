(assert false)
(check-sat)
(get-model)
