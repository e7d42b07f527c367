//go:build tools

// Package tools pins the linter in a module of its own, so that its
// dependencies never meet ours.
package tools

import _ "github.com/golangci/golangci-lint/v2/cmd/golangci-lint"
