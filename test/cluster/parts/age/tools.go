//go:build tools

// Package tools pins the age-keygen command that the real-part suites run.
package tools

import (
	_ "filippo.io/age/cmd/age-keygen"
)
