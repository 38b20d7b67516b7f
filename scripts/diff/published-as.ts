import type { Image } from '../workspace/workspace.ts'

/**
 * Which image a reference of a registry is, by what its package.json says that it is published as: the repository, and
 * where several share one, version and flavour in the tag. None for what is published nowhere here; several where the
 * reference does not say which.
 */
export function publishedAs(images: ReadonlyMap<string, Image>, reference: string): Image[] {
  const [, path = '', tag] = /^[^/]+\/([^:@]+)(?::([^@]+))?/.exec(reference) ?? []
  const isLast = (name: string) => path === name || path.endsWith(`/${name}`)
  const published = [...images.values()].filter(({ internal }) => !internal)
  const sharing = published.filter(image => isLast(image.published.repository))
  const chosen = tag === undefined || sharing.length < 2 ? sharing : sharing.filter(isTagged(tag, sharing))
  return chosen.length > 0 ? chosen : published.filter(({ name }) => isLast(name))
}

/** Tags hold a version first and a flavour as one of their words: `22-gcc-2026-01-01-1.2023`, `gcc-latest`. */
function isTagged(tag: string, sharing: readonly Image[]): (image: Image) => boolean {
  const words = tag.split('-')
  const flavours = sharing.map(({ published }) => published.flavour)
  const wanted = flavours.find(flavour => flavour && words.includes(flavour))
  return ({ published: { version, flavour } }) =>
    flavour === wanted && (version === undefined || `${words[0]}.`.startsWith(`${version}.`))
}
