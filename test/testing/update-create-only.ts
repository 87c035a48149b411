/** `npm run generate:create-only`: writes what changes replace a resource, from AWS's resource schemas, for ReplacementGuard. */
import * as fs from 'node:fs';
import { CREATE_ONLY_FILE, createOnlyText } from './create-only-source';

fs.writeFileSync(CREATE_ONLY_FILE, createOnlyText());
