(declare-const x (_ BitVec 32))
