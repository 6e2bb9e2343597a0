(set-option :precision 0)
