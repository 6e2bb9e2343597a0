; comment
( declare-fun x ( ) Real [ -1 , 1 ] ) ;; another
(assert(and(>= x 0)(<=
  x	0)))(check-sat)(get-value(x))
