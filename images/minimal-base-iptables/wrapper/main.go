// Stands where iptables' programs are until the first of them is called. Only then can be known which rules the
// kubelet of this machine writes: nft's or legacy ones. It switches all of them to that kind and becomes the program
// that was called, so that arguments, standard input, signals and exit code are the program's own.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

var programs = []string{
	"iptables", "iptables-restore", "iptables-save",
	"ip6tables", "ip6tables-restore", "ip6tables-save",
}

func main() {
	program := filepath.Base(os.Args[0])
	if !slices.Contains(programs, program) {
		fail(fmt.Errorf("called as %q, which is none of %s", program, strings.Join(programs, ", ")))
	}
	dir, err := programDir()
	if err != nil {
		fail(err)
	}
	mode := kubeletMode(dir)
	target := filepath.Join(dir, program)
	if err := switchTo(dir, mode); err != nil {
		fmt.Fprintf(os.Stderr, "iptables-wrapper: cannot switch to %s, using it for this call: %v\n", mode, err)
		target = multi(dir, mode)
	}
	// The multi programs go by their first argument, as it was given here.
	fail(fmt.Errorf("%s: %w", target, syscall.Exec(target, os.Args, os.Environ())))
}

// programDir is where the programs lie: distributions differ.
func programDir() (string, error) {
	for _, dir := range []string{"/usr/sbin", "/sbin"} {
		if isExecutable(filepath.Join(dir, "iptables")) {
			return dir, nil
		}
	}
	return "", fmt.Errorf("there is no iptables in /usr/sbin or /sbin")
}

func multi(dir, mode string) string {
	return filepath.Join(dir, "xtables-"+mode+"-multi")
}

func isExecutable(path string) bool {
	found, err := os.Stat(path)
	return err == nil && found.Mode().IsRegular() && found.Mode()&0o111 != 0
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "iptables-wrapper:", err)
	os.Exit(1)
}
