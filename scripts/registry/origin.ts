import { isIPv4 } from 'node:net'

/** This machine's own address: what alone is spoken to over plain http. `localhost.example.com` is another's. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'))
}

/** The URL of a registry: http on the loopback address, https everywhere else. */
export function registryOrigin(host: string): URL {
  const secure = new URL(`https://${host === 'docker.io' ? 'registry-1.docker.io' : host}`)
  return isLoopback(secure) ? new URL(`http://${host}`) : secure
}

/** Whether what a registry names may be asked at all: over https, or over http from loopback to loopback. */
export function isPrivate(url: URL, from: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url) && isLoopback(from))
}

/**
 * Whether a token server may see the password of a registry. It may if it is the registry's own host, whatever the port,
 * or in its domain (`registry.gitlab.com` → `gitlab.com`, or the other way round), if it is Docker Hub's, or if the
 * caller named it in `trusted`. Two hosts of one domain are not enough: nobody knows here which domains, such as
 * `github.io`, many share.
 */
export function mayHavePassword(realm: URL, registry: URL, trusted: readonly string[]): boolean {
  if (!isPrivate(realm, registry)) return false
  const [theirs, ours] = [realm.hostname, registry.hostname]
  return (
    theirs === ours ||
    isDomainOf(theirs, ours) ||
    isDomainOf(ours, theirs) ||
    (theirs === 'auth.docker.io' && ours === 'registry-1.docker.io') ||
    trusted.includes(theirs)
  )
}

const isDomainOf = (domain: string, host: string) => domain.includes('.') && host.endsWith(`.${domain}`)
