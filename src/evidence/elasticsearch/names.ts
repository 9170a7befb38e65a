import type { SearchSettings } from './settings.ts';

/** As it stands at the beginning of sentences: `OpenSearch "logs"`. */
export function nameOf(settings: Pick<SearchSettings, 'kind' | 'name'>): string {
  return `${productOf(settings)} "${settings.name}"`;
}

export function productOf({ kind }: Pick<SearchSettings, 'kind'>): 'Elasticsearch' | 'OpenSearch' {
  return kind === 'opensearch' ? 'OpenSearch' : 'Elasticsearch';
}
