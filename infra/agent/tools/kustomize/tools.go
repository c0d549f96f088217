//go:build tools

// Package tools pins the kustomize that the agent's image carries.
package tools

import (
	_ "sigs.k8s.io/kustomize/kustomize/v5"
)
