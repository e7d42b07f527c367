package store

import "database/sql/driver"

// errBadConn makes database/sql throw a connection away.
var errBadConn = driver.ErrBadConn
