/** Conversations to prompts: the chat formats of the InternVL family. */
package io.internvl.core.chat;
