/**
 * What Slack refuses of blocks, written from its reference (https://docs.slack.dev/reference/block-kit) and not from our code:
 * only the kinds and fields that a message of ours may hold; anything else is a problem too.
 */

type Fields = Readonly<Record<string, unknown>>;

/** Every problem, each with its path; none means that Slack would take them. */
export function problemsOfBlocks(blocks: unknown): string[] {
  if (!Array.isArray(blocks)) return ['blocks: no list'];
  if (blocks.length > 50) return [`blocks: ${blocks.length}, at most 50`];
  const ids = new Set<string>();
  return blocks.flatMap((block, index) => problemsOfBlock(block, `blocks[${index}]`, ids));
}

function problemsOfBlock(block: unknown, path: string, ids: Set<string>): string[] {
  if (!isFields(block)) return [`${path}: no object`];
  switch (block['type']) {
    case 'header':
      return [
        ...only(block, path, ['type', 'text']),
        ...textObject(block['text'], `${path}.text`, ['plain_text'], 150),
      ];
    case 'section':
      return [
        ...only(block, path, ['type', 'text']),
        ...textObject(block['text'], `${path}.text`, ['mrkdwn', 'plain_text'], 3000),
      ];
    case 'context':
      return [
        ...only(block, path, ['type', 'elements']),
        ...elements(block, path, 10, (element, at) => textObject(element, at, ['mrkdwn', 'plain_text'], 2000)),
      ];
    case 'actions':
      return [
        ...only(block, path, ['type', 'elements']),
        ...elements(block, path, 25, (element, at) => problemsOfButton(element, at, ids)),
      ];
    default:
      return [`${path}.type: ${String(block['type'])} is none that is expected`];
  }
}

function problemsOfButton(element: unknown, path: string, ids: Set<string>): string[] {
  if (!isFields(element)) return [`${path}: no object`];
  const { type, action_id: id, value, style } = element;
  const problems = [
    ...only(element, path, ['type', 'action_id', 'text', 'value', 'style', 'confirm']),
    ...textObject(element['text'], `${path}.text`, ['plain_text'], 75),
  ];
  if (element['confirm'] !== undefined) problems.push(...problemsOfDialogue(element['confirm'], `${path}.confirm`));
  if (type !== 'button') problems.push(`${path}.type: ${String(type)}`);
  if (typeof id !== 'string' || id.length === 0 || id.length > 255) problems.push(`${path}.action_id: 1 to 255`);
  else if (ids.has(id)) problems.push(`${path}.action_id: twice`);
  else ids.add(id);
  if (typeof value !== 'string' || value.length > 2000) problems.push(`${path}.value: at most 2000`);
  if (style !== undefined && style !== 'primary' && style !== 'danger') problems.push(`${path}.style`);
  return problems;
}

/** A confirmation dialogue (https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object). */
function problemsOfDialogue(confirm: unknown, path: string): string[] {
  if (!isFields(confirm)) return [`${path}: no object`];
  const parts = { title: 100, text: 300, confirm: 30, deny: 30 };
  return [
    ...only(confirm, path, [...Object.keys(parts), 'style']),
    ...Object.entries(parts).flatMap(([key, max]) => textObject(confirm[key], `${path}.${key}`, ['plain_text'], max)),
  ];
}

function textObject(text: unknown, path: string, kinds: readonly string[], max: number): string[] {
  if (!isFields(text)) return [`${path}: no object`];
  const { type, text: content } = text;
  const plain = type === 'plain_text';
  const problems = only(text, path, ['type', 'text', plain ? 'emoji' : 'verbatim']);
  if (!kinds.includes(String(type))) problems.push(`${path}.type: ${String(type)}, allowed ${kinds.join(', ')}`);
  if (typeof content !== 'string' || content.length === 0)
    problems.push(`${path}.text: must be more than 0 characters`);
  else if (content.length > max) problems.push(`${path}.text: ${content.length} characters, at most ${max}`);
  else problems.push(...problemsOfText(content, path));
  return problems;
}

/** What would ring or lead elsewhere: any control sequence but a link to an http(s) page. */
export function problemsOfText(text: string, path: string): string[] {
  const sequences = text.match(/<[^>]*>?/g) ?? [];
  const strange = sequences.filter((one) => !/^<https?:\/\/[^\s<>|]+\|[^<>|]+>$/.test(one));
  const bare = text.replace(/<[^>]*>/g, '').match(/>|&(?!(amp|lt|gt);)/g) ?? [];
  return [
    ...strange.map((one) => `${path}: the control sequence ${one}`),
    ...(bare.length > 0 ? [`${path}: ${bare.join(' ')} is not escaped`] : []),
  ];
}

function elements(
  block: Fields,
  path: string,
  max: number,
  look: (element: unknown, at: string) => string[],
): string[] {
  const { elements: list } = block;
  if (!Array.isArray(list) || list.length === 0 || list.length > max) return [`${path}.elements: 1 to ${max}`];
  return list.flatMap((element, index) => look(element, `${path}.elements[${index}]`));
}

function only(fields: Fields, path: string, allowed: readonly string[]): string[] {
  const strange = Object.keys(fields).filter((key) => !allowed.includes(key));
  return strange.map((key) => `${path}.${key}: unknown`);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
