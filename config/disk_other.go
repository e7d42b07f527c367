//go:build !(linux || darwin || freebsd)

package config

import "errors"

// freeBytes cannot be asked for in a portable way; the doctor says so.
func freeBytes(string) (uint64, error) { return 0, errors.ErrUnsupported }
