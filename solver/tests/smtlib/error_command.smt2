(check-sat)
(chek-sat)
