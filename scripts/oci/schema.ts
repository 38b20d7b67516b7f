import * as v from 'valibot'
import { among, count, listOf, mapOf, matching } from '../lib/schema.ts'

// What is read of an image's documents. Docker takes a `null` for what is not there, and so do we.

const optional = v.exactOptional
const words = v.string('a text in quotes')
const anything = v.unknown()

/** Also what keeps a digest from naming a file that is no blob. */
export const digest = matching(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 hexadecimal digits')

const descriptor = among({ mediaType: words, digest, size: count })

export const imageManifest = among({
  schemaVersion: v.literal(2, '2'),
  mediaType: optional(words, 'application/vnd.oci.image.manifest.v1+json'),
  config: descriptor,
  layers: listOf(descriptor),
})

export const imageIndex = among({
  manifests: listOf(
    among({
      digest,
      platform: optional(among({ os: optional(words, ''), architecture: optional(words, '') })),
    }),
  ),
})

export const imageConfig = among({
  architecture: optional(words, ''),
  os: optional(words, ''),
  created: optional(words, ''),
  config: optional(
    among({
      User: optional(words),
      Env: optional(listOf(words)),
      Cmd: optional(listOf(words)),
      Entrypoint: optional(listOf(words)),
      WorkingDir: optional(words),
      Labels: optional(mapOf(words, words)),
      ExposedPorts: optional(mapOf(words, anything)),
      Volumes: optional(mapOf(words, anything)),
      StopSignal: optional(words),
    }),
    {},
  ),
  rootfs: optional(
    among({ type: optional(v.literal('layers'), 'layers'), diff_ids: optional(listOf(digest), []) }),
    {},
  ),
})
