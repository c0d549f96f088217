//go:build tools

// Package tools pins the sops command that the real-part suites run.
package tools

import (
	_ "github.com/getsops/sops/v3/cmd/sops"
)
