import { BlockList, isIP } from 'node:net'
import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import { UserError } from '../lib/errors.ts'
import { type ProxySettings, proxySettings } from '../lib/settings.ts'
import { isLoopback } from './origin.ts'

const connect = { timeout: 10_000 }
const agents = new Map<string, Dispatcher>()

/**
 * What carries requests to `url`: the proxy that the environment names, by CONNECT, or nothing between. Only https
 * leaves this machine, so `http_proxy` never speaks of what we ask.
 */
export function dispatcherFor(url: URL, settings: ProxySettings = proxySettings()): Dispatcher {
  const proxy = proxyFor(url, settings)
  const key = proxy?.href ?? ''
  const agent =
    agents.get(key) ?? (proxy ? new ProxyAgent({ uri: proxy.href, connect }) : new Agent({ connect }))
  agents.set(key, agent)
  return agent
}

/** As curl does: `no_proxy` names hosts with all below them, hosts with a port, networks (`10.0.0.0/8`), or `*`. */
export function proxyFor(url: URL, { proxy, except }: ProxySettings): URL | undefined {
  if (!proxy || isLoopback(url) || except.some(word => covers(word, url))) return undefined
  const named = /^[a-z\d+.-]+:\/\//i.test(proxy) ? proxy : `http://${proxy}`
  const found = URL.canParse(named) ? new URL(named) : undefined
  if (found && /^https?:$/.test(found.protocol)) return found
  // Its value may hold a password.
  throw new UserError('HTTPS_PROXY or ALL_PROXY: write it as http://HOST:PORT')
}

function covers(word: string, url: URL): boolean {
  if (word === '*') return true
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const [, network, bits] = /^([\d.]+|[\da-f:]+)\/(\d+)$/i.exec(word) ?? []
  if (network) return inNetwork(host, network, Number(bits))
  const [, name = word, port] = /^([^:]+|\[.*\]):(\d+)$/.exec(word) ?? []
  if (port && port !== (url.port || '443')) return false
  const domain = name.replace(/^\*?\.|[[\]]/g, '').toLowerCase()
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`))
}

function inNetwork(host: string, network: string, bits: number): boolean {
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4'
  if (isIP(host) !== isIP(network) || bits > (family === 'ipv6' ? 128 : 32)) return false
  const list = new BlockList()
  list.addSubnet(network, bits, family)
  return list.check(host, family)
}
