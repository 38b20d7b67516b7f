/** The images that each run of all tests builds and tests for the platform that the machine is not. */
export const foreignSample: readonly string[] = [
  'minimal-base',
  'minimal-base-glibc',
  'minimal-base-iptables',
  'minimal-base-git',
  'minimal-base-python-3.11',
]

/** Those that the second engine makes, too: of the others a program is compiled, which takes minutes under an emulator. */
export const comparedSample: readonly string[] = foreignSample.filter(
  name => name !== 'minimal-base-iptables',
)
