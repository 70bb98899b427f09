// Shares as they are written: `71 %`, `8.1 %`, `<0.1 %`, `0`.

export function percent(share: number): string {
  if (!(share > 0)) return '0'
  if (share < 0.001) return '<0.1 %'
  return share < 0.0995 ? `${(share * 100).toFixed(1)} %` : `${Math.round(share * 100)} %`
}
