/** What happens in town, as the terminal tells it. */
export type TownEvent =
  | { kind: 'online' | 'home'; who: string }
  | { kind: 'asked' | 'accepted' | 'declined' | 'started'; who: string; partner: string }
  | { kind: 'finished'; who: string; partner: string; meters: number }
  | { kind: 'trouble'; who: string; detail: string }
