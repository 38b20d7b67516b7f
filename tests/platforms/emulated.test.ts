import { sameEmulated } from './emulated.ts'

sameEmulated(['minimal-base', 'minimal-base-glibc'])
