(set-info :source |no end)
