// The web app's first breath: theme before anything is drawn, then the one page there is.

import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Logs } from './logs/Logs'
import './look/tokens.css'
import './look/app.css'
import { applyTheme } from './state/theme'

applyTheme()
const app = document.getElementById('app')
if (app === null) throw new Error('index.html has no #app')
createRoot(app).render(
  <StrictMode>
    <Logs />
  </StrictMode>,
)
