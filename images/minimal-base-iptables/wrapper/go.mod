module eks-distro-base/iptables-wrapper

go 1.22
