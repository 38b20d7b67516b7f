import { sameEmulated } from '../emulated.ts'

sameEmulated(['minimal-base-iptables', 'minimal-base-git'])
