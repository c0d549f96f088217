//go:build tools

// Package tools pins the kustomize command that the real-part suites run.
package tools

import (
	_ "sigs.k8s.io/kustomize/kustomize/v5"
)
