//go:build linux && (amd64 || arm64)

// Command sluice-sandbox runs a command that can open no socket, and neither can what that command starts.
//
//	sluice-sandbox /path/to/command [argument...]
//
// It needs no privilege and no namespace: a seccomp filter is inherited and cannot be taken off again, and the
// profiles of container runtimes let a process add one. https://docs.kernel.org/userspace-api/seccomp_filter.html
package main

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"
)

// From linux/prctl.h, linux/seccomp.h, linux/audit.h and asm-generic/unistd.h.
const (
	prSetSeccomp     = 22
	prSetNoNewPrivs  = 38
	seccompFilter    = 2
	returnAllow      = 0x7fff0000
	returnErrno      = 0x00050000
	auditArchAmd64   = 0xc000003e
	auditArchArm64   = 0xc00000b7
	firstOfX32       = 0x40000000
	sysIoUringSetup  = 425
	offsetOfNumber   = 0
	offsetOfArch     = 4
	exitNotAvailable = 126
)

func main() {
	if len(os.Args) < 2 {
		fail("expected the path of a command")
	}
	// The filter is of one thread, and exec makes that thread the whole process.
	runtime.LockOSThread()
	if err := closeNetwork(); err != nil {
		fail(err.Error())
	}
	err := syscall.Exec(os.Args[1], os.Args[1:], os.Environ())
	fail(fmt.Sprintf("%s: %v", os.Args[1], err))
}

// closeNetwork makes socket(2) fail for this thread, and io_uring_setup(2), by which a ring could open one as well.
func closeNetwork() error {
	arch := uint32(auditArchAmd64)
	if runtime.GOARCH == "arm64" {
		arch = auditArchArm64
	}
	filter := []syscall.SockFilter{
		load(offsetOfArch),
		// The numbers of another architecture mean other calls.
		jump(syscall.BPF_JEQ, arch, 0, 4),
		load(offsetOfNumber),
		jump(syscall.BPF_JGE, firstOfX32, 2, 0),
		jump(syscall.BPF_JEQ, syscall.SYS_SOCKET, 1, 0),
		jump(syscall.BPF_JEQ, sysIoUringSetup, 0, 1),
		give(returnErrno | uint32(syscall.EACCES)),
		give(returnAllow),
	}
	program := syscall.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0, 0, 0, 0); errno != 0 {
		return fmt.Errorf("no_new_privs: %w", errno)
	}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetSeccomp, seccompFilter, uintptr(unsafe.Pointer(&program)), 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	return nil
}

func load(offset uint32) syscall.SockFilter {
	return syscall.SockFilter{Code: syscall.BPF_LD | syscall.BPF_W | syscall.BPF_ABS, K: offset}
}

func jump(test uint16, value uint32, whenTrue, whenFalse uint8) syscall.SockFilter {
	return syscall.SockFilter{Code: syscall.BPF_JMP | test | syscall.BPF_K, Jt: whenTrue, Jf: whenFalse, K: value}
}

func give(value uint32) syscall.SockFilter {
	return syscall.SockFilter{Code: syscall.BPF_RET | syscall.BPF_K, K: value}
}

func fail(reason string) {
	fmt.Fprintf(os.Stderr, "sluice-sandbox: %s\n", reason)
	os.Exit(exitNotAvailable)
}
