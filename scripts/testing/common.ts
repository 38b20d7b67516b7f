import { commonTests } from '../lib/image-test.ts'
import { loadSubject } from '../lib/test-subject.ts'

// The test file of an image that has none of its own.
commonTests(loadSubject())
