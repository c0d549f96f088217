//go:build tools

// Package tools pins the helm that the agent's image carries.
package tools

import _ "helm.sh/helm/v4/cmd/helm"
