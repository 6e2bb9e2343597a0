; neighbours that one double cannot tell apart
(assert (= 9007199254740993 9007199254740992))
(check-sat)
