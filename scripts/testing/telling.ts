import type { Image } from '../workspace/workspace.ts'

/**
 * One image of each recipe, by name. What holds for these on a second engine, or when they are made a second time, holds
 * for the other images of their families, which differ in parent and arguments alone.
 */
export function tellingImages(images: ReadonlyMap<string, Image>): string[] {
  const byRecipe = new Map<string, string>()
  for (const { name, recipe } of [...images.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!byRecipe.has(recipe)) byRecipe.set(recipe, name)
  }
  return [...byRecipe.values()]
}
