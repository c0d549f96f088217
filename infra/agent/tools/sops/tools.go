//go:build tools

// Package tools pins the sops that the agent's image carries.
package tools

import (
	_ "github.com/getsops/sops/v3/cmd/sops"
)
