(declare-const p Bool)
(declare-const q Bool)
; false => (false => false) holds, (false => false) => false does not
(assert (=> p q false))
(assert (not p))
(assert (not q))
(check-sat)
