import type { ConversationForm } from './conversation-form.js';

/** Text as an action of Go's templates that writes it: nothing in it can be taken for template code. */
const literal = (text: string): string => (text === '' ? '' : `{{ ${JSON.stringify(text)} }}`);

/** A conversation form as a template of Ollama, which are those of Go's text/template. */
export function goTemplate({ start, system, reply, next, end }: ConversationForm): string {
  const first = start === '' ? '' : `{{ if eq $i 0 }}${literal(start)}{{ end }}`;
  const branches = [
    ...(system ? [['system', `${literal(system.before)}{{ $m.Content }}${literal(system.after)}`]] : []),
    ['user', `${first}{{ $m.Content }}{{ if $last }}${literal(end)}{{ else }}${literal(reply)}{{ end }}`],
    ['assistant', `{{ $m.Content }}{{ if not $last }}${literal(next)}{{ end }}`],
  ];
  const lines = branches.map(
    ([role, text], i) => `{{- ${i === 0 ? 'if' : 'else if'} eq $m.Role "${role}" }}${text}`,
  );
  return [
    '{{- range $i, $m := .Messages }}',
    '{{- $last := eq (len (slice $.Messages $i)) 1 }}',
    ...lines,
    '{{- end }}',
    '{{- end }}',
  ].join('\n');
}
