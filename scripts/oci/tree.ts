import { UserError } from '../lib/errors.ts'
import type { Node } from './rootfs.ts'

/** What stands at one path while layers are applied; of a directory with what is in it. */
export interface Place {
  readonly node: Node
  /** Of a directory only. */
  readonly children?: Map<string, Place>
  /** The last layer that says something of it or, for a directory, of anything below. */
  layer: number
  /** The last layer after whose whiteouts nothing but its own was left below. */
  emptied?: number
}

/** As long as the kernel lets a path and a name be, and as many links as it follows. */
const maxPath = 4095
const maxName = 255
const maxLinks = 40
/** Characters of paths, and what else an entry, a directory that none names, or a link on the way costs. */
const maxMemory = 1 << 30
const stepCost = 512

/** A root filesystem in the making. Paths are followed as the kernel does it for a process whose root this is. */
export class Tree {
  private readonly root: Place
  private memory = 0

  constructor(root: Node) {
    this.root = { node: root, children: new Map(), layer: 0 }
  }

  /**
   * The directory that `parts` lead to, through links but never out of the root. One that is missing is made of what
   * `implied` says of it. With `touch`, the directory is known to hold something of `layer`. Throws UserError where
   * something else is in the way.
   */
  directory(parts: readonly string[], layer: number, touch: boolean, implied: (path: string) => Node): Place {
    let at = this.root
    let path = ''
    for (const { name, place } of this.walk(parts)) {
      path += `/${name}`
      if (!place) this.put(at, name, { node: implied(path), children: new Map(), layer })
      at = at.children!.get(name)!
      if (touch) at.layer = layer
    }
    return at
  }

  /** What `parts` lead to, a link at their end not followed; undefined where there is nothing. */
  find(parts: readonly string[]): Place | undefined {
    const above = this.walk(parts.slice(0, -1)).at(-1) ?? { place: this.root }
    return above.place?.children?.get(parts.at(-1) ?? '')
  }

  /** Throws UserError for a name that no file system takes. */
  put(directory: Place, name: string, place: Place): void {
    if (Buffer.byteLength(name) > maxName) throw new UserError(`a name of more than ${maxName} bytes`)
    directory.children!.set(name, place)
  }

  /** Takes away what is below a place, but for what `layer` itself has put there. */
  empty(place: Place, layer: number): void {
    if (place.emptied === layer) return
    place.emptied = layer
    for (const [name, child] of place.children ?? []) {
      if (child.layer === layer) this.empty(child, layer)
      else place.children!.delete(name)
    }
  }

  /** Every path with its node. */
  flatten(): Map<string, Node> {
    const all = new Map<string, Node>()
    const todo: [string, Place][] = [['', this.root]]
    for (const [path, { children = [] }] of todo) {
      for (const [name, child] of children) {
        all.set(`${path}/${name}`, child.node)
        if (child.children) todo.push([`${path}/${name}`, child])
      }
    }
    return all
  }

  /** Throws UserError for a path that is too long, or once there is more than any image has. */
  count(path: string): void {
    if (path.length > maxPath) throw new UserError(`a path of more than ${maxPath} bytes`)
    this.memory += stepCost + path.length
    if (this.memory > maxMemory)
      throw new UserError('more entries than any image has: at most 2 million are read')
  }

  /** The directories from the root to where `parts` lead; what is not there has no place yet. */
  private walk(parts: readonly string[]): Step[] {
    const way: Step[] = []
    const todo = parts.toReversed()
    for (let links = 0; todo.length > 0; ) {
      const name = todo.pop()!
      if (name === '..') {
        way.pop()
        continue
      }
      const above = way.at(-1) ?? { path: '', place: this.root }
      const path = `${above.path}/${name}`
      const place = above.place?.children?.get(name)
      const { flag, linkname } = place?.node.header ?? { flag: '5', linkname: '' }
      if (flag === '2') {
        if (++links > maxLinks) throw new UserError(`more than ${maxLinks} links on the way to it`)
        this.count(linkname)
        if (linkname.startsWith('/')) way.length = 0
        todo.push(...partsOf(linkname).reverse())
      } else {
        if (flag !== '5') throw new UserError(`${JSON.stringify(path)} on the way to it is no directory`)
        if (!place) this.count(path)
        way.push({ name, path, place })
      }
    }
    return way
  }
}

interface Step {
  readonly name: string
  readonly path: string
  readonly place: Place | undefined
}

/** `/a/./b//` → `a`, `b`. */
export function partsOf(path: string): string[] {
  return path.split('/').filter(part => part !== '' && part !== '.')
}

/** The same, with `..` resolved as words, as the engines do with an entry's name; above the root is the root. */
export function cleanParts(path: string): string[] {
  const parts: string[] = []
  for (const part of partsOf(path)) {
    if (part === '..') parts.pop()
    else parts.push(part)
  }
  return parts
}
