// Light or dark: the system's choice until a person makes one. It is the browser's, not the URL's.

const KEY = 'nilometer.theme'

export type Theme = 'light' | 'dark' | 'system'

/** Puts the remembered choice on the page; called before anything is drawn. */
export function applyTheme(): void {
  show(remembered())
}

export function chooseTheme(theme: Theme): void {
  show(theme)
  try {
    if (theme === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, theme)
  } catch {
    // A browser that keeps nothing: the choice lasts as long as the page.
  }
}

export function toggleTheme(): void {
  const now = document.documentElement.dataset.theme ?? system()
  chooseTheme(now === 'dark' ? 'light' : 'dark')
}

function show(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

function system(): 'light' | 'dark' {
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

function remembered(): Theme {
  try {
    const theme = localStorage.getItem(KEY)
    return theme === 'dark' || theme === 'light' ? theme : 'system'
  } catch {
    return 'system'
  }
}
