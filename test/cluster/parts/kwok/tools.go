//go:build tools

// Package tools pins the kwok command that the real-part suites run.
package tools

import (
	_ "sigs.k8s.io/kwok/cmd/kwok"
)
