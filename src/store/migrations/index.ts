import type { MigrationProvider } from 'kysely/migration'
import { stream } from './0001-stream.ts'
import { agents } from './0002-agents.ts'
import { history } from './0003-history.ts'
import { apiTokens } from './0004-api-tokens.ts'
import { logins } from './0005-logins.ts'
import { commands } from './0006-commands.ts'
import { speakers } from './0007-speakers.ts'
import { uncheckedReferences } from './0009-unchecked-references.ts'
import { epochNumbers } from './0010-epoch-numbers.ts'

/** Every step of the schema, forward only and in order. A step that was released is never changed. */
export const migrations: MigrationProvider = {
  getMigrations: async () => ({
    '0001-stream': stream,
    '0002-agents': agents,
    '0003-history': history,
    '0004-api-tokens': apiTokens,
    '0005-logins': logins,
    '0006-commands': commands,
    '0007-speakers': speakers,
    '0009-unchecked-references': uncheckedReferences,
    '0010-epoch-numbers': epochNumbers,
  }),
}
