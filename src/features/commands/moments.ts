/** `11-03 14:05`, in the machine's own time zone; a dash when unknown. */
export function shortMoment(at: number): string {
  if (at <= 0) return '–';
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
