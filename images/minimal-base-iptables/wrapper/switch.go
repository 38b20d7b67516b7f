package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// switchTo makes all programs be those of a kind, by alternatives where there is such a tool. What counts is not what
// the tool says, but where the programs lead: left at the wrapper, they would call it again and again.
func switchTo(dir, mode string) error {
	said := "there is no tool for alternatives"
	tool := alternativesTool()
	if tool != "" {
		said = setAlternatives(tool, dir, mode)
	}
	for _, program := range programs {
		path := filepath.Join(dir, program)
		if tool == "" {
			if err := replaceLink(path, multi(dir, mode)); err != nil {
				return err
			}
		}
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			return err
		}
		if filepath.Base(real) != filepath.Base(multi(dir, mode)) {
			return fmt.Errorf("%s leads to %s (%s)", path, real, said)
		}
	}
	return nil
}

func alternativesTool() string {
	for _, name := range []string{"alternatives", "update-alternatives"} {
		for _, dir := range []string{"/usr/sbin", "/usr/bin", "/sbin"} {
			if path := filepath.Join(dir, name); isExecutable(path) {
				return path
			}
		}
	}
	return ""
}

// setAlternatives sets v4 and v6: whether `iptables` brings `ip6tables` along depends on who registered them.
func setAlternatives(tool, dir, mode string) string {
	var said []string
	for _, name := range []string{"iptables", "ip6tables"} {
		output, err := exec.Command(tool, "--set", name, filepath.Join(dir, name+"-"+mode)).CombinedOutput()
		if err != nil {
			said = append(said, fmt.Sprintf("%v: %s", err, strings.TrimSpace(string(output))))
		}
	}
	return strings.Join(said, "; ")
}

// replaceLink puts a link in the place of whatever is there, without a moment in which nothing is.
func replaceLink(path, target string) error {
	fresh := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.Symlink(target, fresh); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		os.Remove(fresh)
		return err
	}
	return nil
}
