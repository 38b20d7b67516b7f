/** The page for readers, with the table of a run. `ran` says how many of them, when and on what. */
export function faultsPage(table: string, ran: string): string {
  return `# Faults

What happens when something goes wrong: \`npm run test:faults\` brings faults about for real, one after the other, in a copy of
the checkout. It flips bits in what is built and in what turbo remembers, kills builds at random points and starts them
again, takes away disk, files, programs and permissions, changes surroundings that no image may depend on, spoils files
that people write, and gives a recipe another look with the same content.

Each time one of two things has to happen, and nothing else:

- **clean**: the result is the right one, byte for byte the same as undisturbed;
- **a clear error**: the exit code is not 0, exactly one line says \`error: …\`, there is no stack, no image is lost, no mount and
  no process stays behind, and the next run without the fault is good.

A stack, a failure without its line and a command that does not end count as stacks; a result that is not the right one,
with exit code 0, is silently wrong. Either makes the command fail. A sample of the faults is part of \`npm test\`.

The last run that was kept, ${ran}:

${table}

Written by \`npm run test:faults -- --write\`. \`-- --list\` names every fault, \`-- --only TEXT\` runs those whose title has the text.
`
}
