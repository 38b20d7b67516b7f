/** The values by what `key` says of each, in the order in which keys first come. Node 20 has no Map.groupBy. */
export function groupBy<Value>(
  values: Iterable<Value>,
  key: (value: Value) => string,
): Map<string, [Value, ...Value[]]> {
  const groups = new Map<string, [Value, ...Value[]]>()
  for (const value of values) {
    const group = groups.get(key(value))
    if (group) group.push(value)
    else groups.set(key(value), [value])
  }
  return groups
}
