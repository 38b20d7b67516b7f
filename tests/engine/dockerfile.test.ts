import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Workbench } from '../workbench.ts'

let bench: Workbench
before(() => {
  bench = new Workbench('dockerfile')
  bench.takeDist('distro', 'builder')
  bench.write('images/probe/package.json', '{"name": "probe", "devDependencies": {"builder": "*"}}')
  bench.write('images/probe/own', 'own\n')
})
after(() => bench.remove())

/** What a build of a recipe says of its image. */
function digestOf(dockerfile: string): string {
  bench.write('images/probe/Dockerfile', dockerfile)
  const { exitCode, output } = bench.script('build', ['probe'])
  assert.equal(exitCode, 0, output)
  return /^probe \S+ (sha256:[0-9a-f]{64})/m.exec(output)![1]!
}

const forms: Record<string, string> = {
  'capitals, a platform, an ARG, indented and continued lines': `ARG BASE=builder
  from --platform=linux/amd64 $BASE AS NewRoot
# COPY --from=debian / /
RUN mkdir -p /newroot/etc && printf 'FROM debian\\n' > /newroot/etc/text \\
  # --from=debian

  && echo --from=debian x
COPY own /newroot/own
FROM \\
  scratch
COPY --from=newroot /newroot/ /
`,
  'here-documents': `FROM builder AS NEWROOT
RUN <<EOF
mkdir -p /newroot/etc
cat > /newroot/etc/text <<'E2'
FROM debian
E2
EOF
FROM builder AS other
COPY --from=NewRoot /newroot/ /newroot/
COPY <<-'E' /newroot/own
	own
	E
FROM scratch
COPY --from=1 /newroot/ /
`,
  'an escape directive and a mount of a stage': `# escape=\`
FROM builder AS Files
COPY own /own
FROM builder AS newroot
RUN --mount=type=bind,from=files,target=/files \`
  mkdir -p /newroot/etc && echo 'FROM debian' > /newroot/etc/text && install -m 644 /files/own /newroot/own
FROM scratch
COPY --from=NEWROOT /newroot/ /
`,
}

test('legal forms of one recipe build the same image', () => {
  const plain = digestOf(`FROM builder AS newroot
RUN mkdir -p /newroot/etc && echo 'FROM debian' > /newroot/etc/text
COPY own /newroot/own
FROM scratch
COPY --from=newroot /newroot/ /
`)
  for (const [what, dockerfile] of Object.entries(forms)) assert.equal(digestOf(dockerfile), plain, what)
})
