package main

import (
	"os/exec"
	"regexp"
)

// A chain that the kubelet makes for others to see which kind it uses; the second is that of older ones.
var hint = regexp.MustCompile(`(?m)^:(KUBE-IPTABLES-HINT|KUBE-KUBELET-CANARY) `)

// kubeletMode is "nft" or "legacy": where the kubelet's chains are, nft where they are in both or in neither.
func kubeletMode(dir string) string {
	if hasHint(multi(dir, "nft"), "-t", "mangle") {
		return "nft"
	}
	// Naming a table would make it, for legacy.
	if hasHint(multi(dir, "legacy")) {
		return "legacy"
	}
	return "nft"
}

// hasHint looks among the rules of IPv4 and IPv6. Rules that cannot be read have no hint.
func hasHint(program string, arguments ...string) bool {
	for _, save := range []string{"iptables-save", "ip6tables-save"} {
		rules, _ := exec.Command(program, append([]string{save}, arguments...)...).Output()
		if hint.Match(rules) {
			return true
		}
	}
	return false
}
