//go:build tools

// Package tools pins the etcd command that the real-part suites run.
package tools

import (
	_ "go.etcd.io/etcd/server/v3"
)
